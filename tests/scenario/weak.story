# Servers that carry 40 requests/s where the policy says 100 are found out before they are too few.
policy arena
world rate=900 servers=38 mu=40 wander=0.06 ramp=30
run 7200
expect serving >= 23 and lost < 0.5
