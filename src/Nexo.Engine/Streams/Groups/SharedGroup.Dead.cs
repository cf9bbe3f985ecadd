using System.Buffers;
using System.Globalization;
using System.Text;

namespace Nexo.Engine.Streams;

/// <content>Dead letters: appended to another stream and done here, by one record of the log.</content>
internal sealed partial class SharedGroup
{
    private const long BuryAgainMs = 1_000;

    // Of records that are to become dead letters and are none yet.
    private readonly Dictionary<long, byte[]> _reasons = [];

    private bool HasDeadLetterStream => Options.DeadLetterStream.Length > 0;

    private void NoteReason(long offset, ReadOnlySpan<byte> reason)
    {
        if (!reason.IsEmpty && HasDeadLetterStream)
        {
            _reasons[offset] = reason.ToArray();
        }
    }

    /// <summary>Makes dead letters of what is dead. What it has done without a record of its own is added to the runs.</summary>
    /// <param name="work">Takes whom to wake.</param>
    /// <param name="cold">The offset of the one whose bytes are to be read first.</param>
    /// <param name="waits">Becomes true when an answer must wait until the log is durable.</param>
    /// <returns>False: that one is in the way.</returns>
    private bool BuryDying(GroupWork work, out long cold, ref bool waits)
    {
        GroupWindow? window = _window;
        while (window?.Dying.TryPeek(out int index) == true)
        {
            cold = window[index].Offset;
            if (HasDeadLetterStream && !window[index].IsWarm)
            {
                return false;
            }

            window.Dying.Dequeue();
            Bury(index, work, ref waits);
        }

        cold = 0;
        return true;
    }

    private void Bury(int index, GroupWork work, ref bool waits)
    {
        GroupWindow window = _window!;
        long offset = window[index].Offset;
        bool isLogged = false;
        if (HasDeadLetterStream)
        {
            StreamStatus status = Append(window[index], out isLogged, out bool appendWaits, work);
            if (status != StreamStatus.Ok)
            {
                // Nothing is lost: it is tried until the stream takes it, or the group is sought past it.
                long dueMs = Context.Clock.NowMs + BuryAgainMs;
                window.Delay(index, dueMs);
                NoteDue(dueMs);
                return;
            }

            waits |= appendWaits;
        }

        DeadLetters++;
        if (!isLogged)
        {
            NoteDone(offset);
        }

        Finish(index);
    }

    private StreamStatus Append(in GroupEntry entry, out bool isLogged, out bool waits, GroupWork work)
    {
        isLogged = false;
        waits = false;
        if (!Context.Names.TryFind(StreamGroupOptionTable.NameOf(Options), out StreamLog? target))
        {
            return StreamStatus.NotFound;
        }

        var letter = new StreamRecordView(entry.Bytes);
        byte[] headers = ArrayPool<byte>.Shared.Rent(ushort.MaxValue);
        try
        {
            var record = new StreamRecord
            {
                HasKey = letter.HasKey,
                Key = letter.Key,
                Headers = headers.AsSpan(0, WriteHeaders(headers, letter.Headers, entry)),
                Value = letter.Value,
                IsTombstone = letter.IsTombstone,
            };
            StreamStatus status = SingleBatch.Check(record, Context.Limits);
            return status != StreamStatus.Ok ? status : target.AppendDeadLetter(
                record, new GroupDeadLetteredRecord(Number, Epoch, entry.Offset), out isLogged, out waits, ref work.Readable);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(headers);
        }
    }

    // Behind its own; what does not fit any more is left out, the reason first.
    private int WriteHeaders(byte[] target, ReadOnlySpan<byte> own, in GroupEntry entry)
    {
        int most = Math.Min(ushort.MaxValue, Context.Limits.HeaderBytesMax);
        own.CopyTo(target);
        int at = own.Length;
        Span<byte> number = stackalloc byte[20];
        entry.Offset.TryFormat(number, out int digits, provider: CultureInfo.InvariantCulture);
        ReadOnlySpan<byte> reason = _reasons.TryGetValue(entry.Offset, out byte[]? told) ? told : DefaultReason(entry);
        AddHeader(target.AsSpan(0, most), ref at, "nexo-stream"u8, Stream.Name);
        AddHeader(target.AsSpan(0, most), ref at, "nexo-offset"u8, number[..digits]);
        AddHeader(target.AsSpan(0, most), ref at, "nexo-reason"u8, reason);
        return at;
    }

    private byte[] DefaultReason(in GroupEntry entry) => Encoding.UTF8.GetBytes(
        entry.Failures < Options.DeliveriesMax && entry.Losses > 0
            ? string.Create(CultureInfo.InvariantCulture, $"{entry.Losses} members were lost while they had it")
            : string.Create(CultureInfo.InvariantCulture, $"failed {entry.Failures} times"));

    private static void AddHeader(Span<byte> target, ref int at, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        int bytes = 1 + name.Length + sizeof(ushort) + value.Length;
        if (bytes <= target.Length - at)
        {
            var writer = new RecordWriter(target[at..]);
            writer.U8((byte)name.Length);
            writer.Bytes(name);
            writer.U16((ushort)value.Length);
            writer.Bytes(value);
            at += bytes;
        }
    }
}
