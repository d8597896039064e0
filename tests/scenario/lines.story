# A line applies whole or not at all; a bad one is answered by its number and a sentence, and changes nothing.
policy arena
> {"t": 10, "group": "web", "metrics": {"requests": 200, "alive": true}, "instances": [{"id": "a", "phase": "ready", "since": 0}, {"id": "b", "phase": "ready", "since": 0}, {"id": "c", "phase": "ready", "since": 0}]}
< {"t": 10, "group": "web"}
> {"t": 11, "group": "web", "metrics": {"requests": 200, "alive": true}}
> not json
< {"error": "line 3: not a JSON object"}
> [1, 2]
< {"error": "line 4: expected a JSON object"}
> {"t": 12, "group": "nobody"}
< {"error": "line 5: group: 'nobody' is not in the policy"}
> {"t": 9, "group": "web"}
< {"error": "line 6: t: 9.000 is before 11.000"}
> {"t": 12, "group": "web", "metrics": {"requests": -1}}
< {"error": "metrics: requests: expected 0 to 1e+12, got -1"}
> {"t": 12, "group": "web", "metrics": {"requests": NaN}}
< {"error": "requests: expected a finite number"}
> {"t": 12, "group": "web", "metrics": {"errors": Infinity}}
< {"error": "errors: expected a finite number"}
> {"t": 12, "group": "web", "metrics": {"queue": 1e300}}
< {"error": "queue: expected 0 to 1e+12"}
> {"t": 12, "group": "web", "metrics": {"latency": "fast"}}
< {"error": "latency: expected a number"}
> {"t": 12, "group": "web", "metrics": {"alive": 1}}
< {"error": "alive: expected a boolean"}
> {"t": "12", "group": "web"}
< {"error": "t: expected a number"}
> {"t": 1e30, "group": "web"}
< {"error": "t: expected seconds"}
> {"group": "web"}
< {"error": "t: expected seconds"}
> {"t": 12}
< {"error": "group: missing"}
> {"t": 12, "group": "web", "x": [[[[[[[[[[[[1]]]]]]]]]]]]}
< {"error": "nesting too deep"}
> {"t": 12, "group": "web", "instances": [{"id": "a", "phase": "ready", "since": 0}, {"id": "a", "phase": "ready", "since": 0}]}
< {"error": "instances[1]: id 'a' is there twice"}
> {"t": 12, "group": "web", "instances": [{"id": "", "phase": "ready", "since": 0}]}
< {"error": "instances[0]: id: expected 1 to 63 bytes"}
> {"t": 12, "group": "web", "instances": [{"id": "a\u0000b", "phase": "ready", "since": 0}]}
< {"error": "id: a control character"}
> {"t": 12, "group": "web", "instances": [{"id": "a", "phase": "asleep", "since": 0}]}
< {"error": "phase: expected pending, ready, draining or failed, got 'asleep'"}
> {"t": 12, "group": "web", "instances": [{"id": "a", "phase": "ready", "since": 13}]}
< {"error": "since: 13.000 is after t"}
> {"t": 12, "group": "web", "answers": {"accepted": -1}}
< {"error": "answers: accepted: expected 0 to"}
> {"t": 12, "group": "web", "answers": {"accepted": 1, "refused": 1, "why": "moon"}}
< {"error": "answers: why: expected capacity"}
> {"t": 12, "group": "web", "command": {"scale": 3, "hold": true}}
< {"error": "command: 'scale' and 'hold' in one word"}
> {"t": 12, "group": "web", "command": {"scale": 1e9}}
< {"error": "command.scale: expected a number of servers"}
> {"t": 12, "group": "web"} {"t": 13, "group": "web"}
< {"error": "not a JSON object"}
blob 5000000
< {"error": "longer than 4194304 bytes"}
# The next good line is answered as if none of these had been there; a field that nobody knows is ignored.
> {"t": 12, "group": "web", "metrics": {"requests": 200, "alive": true}, "mood": {"good": [1]}}
< {"t": 12, "group": "web", "diagnosis": "ok"}
# What rounding leaves below zero is zero, not an error.
> {"t": 13, "group": "web", "metrics": {"requests": 200, "queue": -4.5e-13, "alive": true}}
< {"t": 13, "diagnosis": "ok"}
