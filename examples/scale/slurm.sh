#!/bin/sh
#SBATCH --job-name=zlpr-eval
#SBATCH --array=1-10
#SBATCH --output=shard-%a.log

zlpr eval --logits logits.npy --labels labels.npy \
  --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" --out "part-$SLURM_ARRAY_TASK_ID.json"
