# Data that cannot be trusted holds the servers where they are, whatever it shows (I-01, I-02, I-05).
policy arena
world rate=900 servers=13 wander=0.06
run 1200
mark
# The measurement fails.
world blind=missing rate=300
run 600
expect removed == 0 and launched == 0 and diagnosis == "no_data"
expect any(h["by"] == "data" for h in holds)
# It is back; ten minutes of whole data come before anything goes.
world blind= rate=900
run 60
expect diagnosis == "ok" and removed == 0
run 600
mark
# Zeros of a balancer that gives no proof of life.
world blind=zero
run 600
expect removed == 0 and launched == 0 and diagnosis == "no_data"
world blind=
run 600
mark
# Zeros that nobody vouches for.
world blind=noproof
run 600
expect removed == 0 and launched == 0 and diagnosis == "no_data"
world blind=
run 600
mark
# The same figures again and again, and they get older.
world blind=frozen
run 600
expect removed == 0 and launched == 0 and diagnosis == "no_data"
# A rush that began meanwhile is met at once when data is back.
world blind= rate=2700
run 20
expect launched >= 20
