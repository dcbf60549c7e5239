from mirrorcheck.api import analyze as analyze
from mirrorcheck.errors import InputError as InputError
from mirrorcheck.errors import MirrorcheckError as MirrorcheckError
from mirrorcheck.errors import UsageError as UsageError
from mirrorcheck.report.model import Report as Report
from mirrorcheck.report.several import Reports as Reports

__version__: str
