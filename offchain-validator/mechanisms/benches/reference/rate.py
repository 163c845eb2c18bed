# SPDX-License-Identifier: Apache-2.0
"""Rates the matches of one sequence with the published package, and times nothing but that.

Reads {"beta", "tau", "matches": [[score of each player]]} from stdin. All players take part in every match and begin
with the default rating. Prints {"seconds": of each match, "ratings": [[mu, sigma] after the last]}.
"""

import json
import sys
import time

from openskill.models import PlackettLuce

given = json.load(sys.stdin)
model = PlackettLuce(beta=given["beta"], tau=given["tau"])
players = [[model.rating()] for _ in given["matches"][0]]
seconds = []
for scores in given["matches"]:
    begun = time.process_time_ns()
    players = model.rate(players, scores=scores)
    seconds.append((time.process_time_ns() - begun) / 1e9)
json.dump({"seconds": seconds, "ratings": [[player.mu, player.sigma] for (player,) in players]}, sys.stdout)
