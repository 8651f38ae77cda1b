"""Finding out what would go wrong before participants come."""

from interactive_gym.checking.check import check_experiment
from interactive_gym.checking.printing import print_report
from interactive_gym.checking.report import Finding, Report

__all__ = ["Finding", "Report", "check_experiment", "print_report"]
