namespace Nexo.Engine.Queues;

/// <summary>
/// Messages of a backlog in a backup: as records of pushes, one for those that came at the same moment and follow each other.
/// </summary>
internal static class BacklogCopies
{
    public static void Write(uint queue, byte priority, ReadOnlySpan<byte> payload, RecordBuffer buffer)
    {
        var next = new BacklogReader(payload);
        bool more = next.TryTake(out BacklogMessage first);
        while (more)
        {
            BacklogReader rest = next;
            int count = 0;
            int bytes = PushedRecord.HeaderBytes;
            BacklogMessage message = first;
            BacklogMessage last;
            do
            {
                count++;
                bytes += PushedRecord.WaitingBytes(message);
                last = message;
                more = next.TryTake(out message);
            }
            while (more && message.Id == last.Id + 1 && message.EnqueuedAtMs == first.EnqueuedAtMs);

            Span<byte> target = PushedRecord.WriteHeader(
                buffer.Add((byte)QueueRecordKind.MessagesPushed, bytes), queue, first.EnqueuedAtMs, first.Id, count);
            BacklogMessage written = first;
            for (int i = 1; i <= count; i++)
            {
                target = target[PushedRecord.WriteWaiting(target, priority, written)..];
                if (i < count)
                {
                    rest.TryTake(out written);
                }
            }

            first = message;
        }
    }
}
