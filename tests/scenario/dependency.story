# Servers at full work that finish less than before, at the same load: no server is bought for it.
policy arena
world rate=900 servers=13 wander=0.06 retry=0.5
run 1200
mark
world limit=6
run 60
expect diagnosis == "dependency"
never diagnosis != "dependency"
run 1200
never
expect launched <= 1 and removed <= 1
world limit=0
run 180
expect diagnosis == "ok"
