# A provider that refuses is asked again soon, the verdict names it, and nothing is taken away.
policy arena
world rate=900 servers=13 wander=0.06 boot=60 retry=0.3
run 1200
mark
world rate=2700 refuse=1
run 120
expect diagnosis == "capacity_refused" and launched == 0 and removed == 0
world refuse=0
run 5
expect launched >= 10
run 300
expect serving >= 27 and diagnosis in ("ok", "overload")
