# A steady load with ordinary noise: hardly anything changes in six hours (I-22).
policy arena
world rate=900 servers=13 wander=0.06
run 1200
mark
run 21600
expect launched <= 8 and removed <= 8 and lost == 0
