"""For studies of several people, on machines that do everything else as well: nobody is cut off for being slow.

Imported by a study, it counts on the server and in the pages, which import the study too.
"""

from functools import partial

from interactive_gym.game import matchconfig
from interactive_gym.netcode.config import Config

matchconfig.PAUSE_TIMEOUT, matchconfig.SETTLE_TIMEOUT, matchconfig.RETURN_TIMEOUT = 60.0, 70.0, 120.0
matchconfig.Config = partial(Config, connect_timeout=60.0, server_timeout=60.0, stuck_after=60.0)
