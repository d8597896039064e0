# A balancer at its own limit hides arrivals: that may raise the servers, and lets none go however many there are (I-01, I-05).
policy arena
world rate=900 servers=13 wander=0.06
run 1200
mark
world rate=2700 censored=1500
never removed > 0
run 3600
expect launched >= 15 and serving >= 28
expect any(h["by"] == "data" and h["what"] == "in" for h in holds)
# It is seen again, and what is too many goes.
never
world rate=900 censored=0
run 1800
expect removed >= 10
