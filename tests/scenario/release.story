# Errors that do not come from load buy no servers, and nothing is taken away meanwhile.
policy arena
world rate=900 servers=13 wander=0.06 retry=0.5
run 1200
expect diagnosis == "ok"
mark
world errors=0.3
run 30
expect diagnosis == "bad_release" and "30" in reason
never diagnosis != "bad_release"
run 1200
never
expect launched <= 1 and removed <= 1
# With a real rush at once servers come all the same.
world rate=2700
run 60
expect launched >= 15
# It is mended.
world errors=0 rate=900
run 120
expect diagnosis == "ok"
