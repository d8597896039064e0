# A rush is seen while it builds up, its servers are there in time to end it, and the surplus goes by the rules (I-07).
policy arena
world rate=900 servers=13 wander=0.06 boot=70 ramp=30 retry=0.5
run 1800
mark
world rate=1400
run 4
world rate=1900
run 4
world rate=2700
run 10
expect launched >= 30 and mode == "spike"
run 110
expect serving >= 30 and diagnosis in ("ok", "overload")
run 60
expect diagnosis == "ok"
mark
# While it lasts nothing that carries it goes.
never serving < 29
run 1200
expect lost < 0.01
never
# It is over: slowly, and never below what the last minutes needed.
world rate=900
never serving < 10
run 200
expect serving >= 28
run 2400
expect serving <= 16
