# Launches that do not arrive are overtaken, counted by their chance, and taken away when their time is over (I-16).
policy arena
world rate=900 servers=13 wander=0.06 boot=60
run 1200
mark
world rate=2700 stall=70
run 400
expect serving >= 27 and removed > 0
expect launched < 320
