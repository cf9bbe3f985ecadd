using System.Text;

namespace Nexo.Engine.Queues;

/// <content>What needs two queues: their shards' locks are taken in the order of their indexes, behind the wide gate.</content>
public sealed partial class QueueService
{
    /// <summary>Moves what is dying in a queue to where its dead letters rest.</summary>
    internal void MoveDying(Queue queue, QueueWork work)
    {
        bool left = true;
        for (int tries = 0; left && tries < TriesMax; tries++)
        {
            lock (_wideGate)
            {
                left = MoveSomeDying(queue, out bool moved);
                tries = moved ? 0 : tries;
            }
        }
    }

    /// <summary>Moves the next dead letters back to where they came from, or to a target; false: there are no others.</summary>
    internal bool RedriveSome(
        Queue queue,
        DeadWalk walk,
        byte[] target,
        int messagesMax,
        QueueWork work,
        ref long done,
        ref QueueStatus status,
        ref bool waits)
    {
        int left = Math.Min(messagesMax, Limits.Tuning.HoldMessagesMax);
        bool more = true;
        lock (_wideGate)
        {
            byte[]? source = target.Length != 0 ? null : queue.NextSource(walk, out more);
            if (source is null && target.Length == 0)
            {
                return more;
            }

            if (!_names.TryFind(source ?? target, out Queue? to))
            {
                status = QueueStatus.NotFound;
                return false;
            }

            EnterBoth(queue.Shard, to.Shard);
            try
            {
                status = queue.Redrive(walk, source, to, work, ref left, ref done, ref waits, out more);
            }
            finally
            {
                ExitBoth(queue.Shard, to.Shard);
            }
        }

        return more;
    }

    /// <summary>True: there are more.</summary>
    private bool MoveSomeDying(Queue queue, out bool moved)
    {
        bool left;
        byte[] name = Encoding.UTF8.GetBytes(queue.Options.DeadLetterQueue);
        Queue? target = null;
        QueueStatus status = name.Length == 0 ? QueueStatus.NameInvalid : FindOrMake(name, out target);
        moved = true;
        if (status is QueueStatus.DiskFull or QueueStatus.LogFailed)
        {
            return false;
        }

        if (status != QueueStatus.Ok || target == queue)
        {
            lock (queue.Shard.Gate)
            {
                queue.KeepDying(out left);
                return left;
            }
        }

        EnterBoth(queue.Shard, target!.Shard);
        try
        {
            moved = !target.Closed;
            queue.MoveDyingTo(target, out left);
            return left;
        }
        finally
        {
            ExitBoth(queue.Shard, target.Shard);
        }
    }

    /// <summary>The target of dead letters is made if it is not there, whatever holds for pushes.</summary>
    private QueueStatus FindOrMake(byte[] name, out Queue? queue)
    {
        QueueStatus status = Find(name, out queue);
        return status == QueueStatus.NotFound ? Create(name, new QueueOptionSet(), out queue) : status;
    }

    private static void EnterBoth(QueueShard one, QueueShard other)
    {
        (one.Index < other.Index ? one : other).Gate.Enter();
        if (one != other)
        {
            (one.Index < other.Index ? other : one).Gate.Enter();
        }
    }

    private static void ExitBoth(QueueShard one, QueueShard other)
    {
        one.Gate.Exit();
        if (one != other)
        {
            other.Gate.Exit();
        }
    }
}
