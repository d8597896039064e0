# An operator's words: at least, at most, exactly, hold, resume; they end by a date.
policy arena
world rate=300 servers=5
run 300
> {"t": 300, "group": "web", "command": {"scale": 20, "for": 600}}
< {"desired": 20}
> {"t": 301, "group": "web", "command": {"scale": 2000}}
< {"error": "its max is 1000"}
> {"t": 301, "group": "web", "command": {"scale": 1}}
< {"error": "its min is 2"}
> {"t": 302, "group": "web", "command": {"resume": true}}
> {"t": 302, "group": "web", "command": {"scale": 31, "exact": true}}
< {"desired": 31}
> {"t": 302, "group": "web", "command": {"scale": 40}}
< {"desired": 31}
> {"t": 302, "group": "web", "command": {"resume": true}}
> {"t": 303, "group": "web", "command": {"hold": "out"}}
> {"t": 304, "group": "web", "command": {"scale": 20}}
< {"launch": 0}
> {"t": 305, "group": "web", "command": {"resume": true}}
> {"t": 306, "group": "web", "command": {"drain": "nobody"}}
< {"error": "no server 'nobody'"}
> {"t": 307, "group": "web", "command": {"drain": "s-1"}}
< {"terminate": ["s-1"]}
> {"t": 308, "group": "web", "instances": [{"id": "x", "phase": "ready", "since": 0, "ours": false}, {"id": "y", "phase": "ready", "since": 0}]}
> {"t": 309, "group": "web", "command": {"drain": "x"}}
< {"error": "'x' is not ours"}
# A lower number on blind data needs force.
> {"t": 400, "group": "web", "command": {"scale": 3, "at_most": true}}
< {"error": "there is no data to lower on"}
