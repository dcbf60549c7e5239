"""Nothing comes in; the list of all scenarios goes out, in the order in which they are run."""

from tests.lab.catalogue import changes, company, sampling, trouble

SCENARIOS = (*sampling.SCENARIOS, *trouble.SCENARIOS, *changes.SCENARIOS, *company.SCENARIOS)
