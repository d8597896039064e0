# A rush for servers that share a starved database: the step that brings nothing is the last but a try, and it is said where to look.
policy arena
world rate=900 servers=13 wander=0.06 boot=40
run 900
world rate=2600 limit=16
run 150
expect "look behind them, at what they share" in reason
mark
world rate=25000
run 150
expect "look behind them, at what they share" in reason
expect launched == 0
# It is tried again with one step.
run 200
expect 0 < launched <= 50
expect "look behind them, at what they share" in reason
# The database is mended: servers help again.
mark
world limit=0
run 120
expect launched > 60
expect "look behind them" not in reason
