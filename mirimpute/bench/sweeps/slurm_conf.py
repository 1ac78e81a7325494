"""The options of the launcher `slurm`; needs the extra `cluster`."""

from dataclasses import dataclass

from hydra.core.config_store import ConfigStore
from hydra_plugins.hydra_submitit_launcher.config import SlurmQueueConf


@dataclass
class SlurmConf(SlurmQueueConf):
    """Options of hydra-submitit-launcher, and how cells are shared out; see ``conf/hydra/launcher/slurm.yaml``."""

    _target_: str = "hydra_plugins.mirimpute.SlurmLauncher"
    cells_per_job: int = 1
    max_jobs: int = 1000


ConfigStore.instance().store(group="hydra/launcher", name="base_slurm", node=SlurmConf)
