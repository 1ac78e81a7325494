#!/usr/bin/env bash
# A SLURM cluster of one machine, for tests: scripts/slurm_local.sh start|stop [folder]. Needs Debian's slurm-wlm, and root.
# After `start`, export SLURM_CONF as it says; then hydra/launcher=slurm_local runs on it.
set -euo pipefail

action=${1:-}
folder=${2:-${TMPDIR:-/tmp}/mirimpute-slurm}
conf=$folder/slurm.conf

usage() { echo "usage: $0 start|stop [folder]" >&2; exit 2; }

stop() {
  for daemon in slurmd slurmctld; do
    pid=$(cat "$folder/$daemon.pid" 2>/dev/null || true)
    [ -n "$pid" ] && kill "$pid" 2>/dev/null || true
  done
  for _ in $(seq 50); do
    pgrep -F "$folder/slurmctld.pid" >/dev/null 2>&1 || break
    sleep 0.1
  done
}

start() {
  for program in slurmctld slurmd sbatch; do
    command -v "$program" >/dev/null || { echo "$program is not installed: apt-get install slurm-wlm" >&2; exit 1; }
  done
  [ "$(id -u)" = 0 ] || { echo "slurmd has to be started by root" >&2; exit 1; }
  mkdir -p "$folder/state" "$folder/spool"
  host=$(hostname -s)
  port=$((20000 + RANDOM % 20000))
  cat > "$conf" <<CONF
ClusterName=mirimpute
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
SlurmUser=root
SlurmdUser=root
AuthType=auth/none
CredType=cred/none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
SwitchType=switch/none
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
ReturnToService=2
SchedulerParameters=batch_sched_delay=0,sched_interval=1
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=$(($(awk '/MemTotal/ {print $2}' /proc/meminfo) / 1024)) State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
  export SLURM_CONF=$conf
  slurmctld
  slurmd
  for _ in $(seq 100); do
    [ "$(sinfo --noheader --format=%t 2>/dev/null)" = idle ] && { echo "SLURM_CONF=$conf"; return; }
    sleep 0.1
  done
  echo "the cluster does not become ready, see $folder/slurmctld.log and $folder/slurmd.log" >&2
  stop
  exit 1
}

case $action in
  start) start ;;
  stop) stop ;;
  *) usage ;;
esac
