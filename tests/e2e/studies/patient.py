"""For studies of several people, on machines that do everything else as well: nobody is cut off for being slow.

Imported by a study, it counts on the server and in the pages, which import the study too.
"""

from interactive_gym.game import matchconfig

matchconfig.PAUSE_TIMEOUT, matchconfig.SETTLE_TIMEOUT, matchconfig.RETURN_TIMEOUT = 60.0, 70.0, 120.0
