using System.Text;
using Nexo.Storage;

namespace Nexo.Engine.Streams;

/// <summary>
/// Rebuilds the streams from records: those of a snapshot, then those of the log behind its position, on one thread. What a stream's own
/// files hold is not read; of them only those are opened to which the log adds.
/// </summary>
public sealed class StreamRecovery : IRecordSink
{
    private const StreamRecordKind Last = (StreamRecordKind)111;

    private readonly StreamService _service;
    private readonly StreamContext _context;
    private readonly Dictionary<uint, StreamLog> _streams = [];
    private readonly GroupRecovery _groups;

    internal StreamRecovery(StreamService service, StreamContext context)
    {
        _service = service;
        _context = context;
        _groups = new GroupRecovery(context);
    }

    /// <summary>Records taken so far.</summary>
    public long Records { get; private set; }

    /// <summary>Whether records of this kind are the streams'.</summary>
    public static bool Takes(byte kind) =>
        (StreamRecordKind)kind is >= StreamRecordKind.StreamDefined and <= Last;

    /// <exception cref="InvalidDataException">
    /// None that this version of the streams can have written, or the files of its stream are not what was written.
    /// </exception>
    /// <exception cref="DiskException">They cannot be read.</exception>
    public void OnRecord(Lsn lsn, byte kind, ReadOnlySpan<byte> payload)
    {
        Records++;
        _context.Files.KeepUp();
        bool valid = (StreamRecordKind)kind switch
        {
            StreamRecordKind.StreamDefined => Define(payload),
            StreamRecordKind.StreamDeleted => Delete(payload),
            StreamRecordKind.RecordsAppended => Appended(payload),
            StreamRecordKind.StreamTrimmed => Trimmed(payload),
            StreamRecordKind.StreamKept => Kept(lsn, payload),
            StreamRecordKind.ProducerKept => ProducerKept(payload),
            StreamRecordKind.StreamNumbersKept => NumbersKept(payload),
            StreamRecordKind.GroupDeadLettered => DeadLettered(payload),
            var other => _groups.OnRecord(other, payload, _streams),
        };
        if (!valid)
        {
            throw new InvalidDataException(
                $"Record {lsn} of kind {kind} with {payload.Length} bytes is none that this version can read.");
        }
    }

    /// <summary>All records have come: the streams take commands, which are logged from now on.</summary>
    public void Complete(IDurableLog? log = null)
    {
        _service.EndRecovery(log);
        _groups.Complete();
    }

    private bool Define(ReadOnlySpan<byte> payload)
    {
        if (!StreamDefinedRecord.TryRead(payload, out StreamDefinedRecord record))
        {
            return false;
        }

        if (!_streams.TryGetValue(record.Stream, out StreamLog? stream))
        {
            stream = _service.ApplyDefined(record, _streams);
        }

        // Without an answer it is an earlier stream of this name, whose end the log holds.
        stream?.ApplyDefined(record);
        return true;
    }

    private bool Delete(ReadOnlySpan<byte> payload)
    {
        var reader = new RecordReader(payload);
        uint number = reader.U32();
        if (!reader.AtEnd)
        {
            return false;
        }

        if (_streams.Remove(number, out StreamLog? stream))
        {
            _service.ApplyDeleted(stream);
        }

        return true;
    }

    private bool Appended(ReadOnlySpan<byte> payload)
    {
        if (!StreamAppendedRecord.TryRead(payload, out StreamAppendedRecord record))
        {
            return false;
        }

        if (!_streams.TryGetValue(record.Stream, out StreamLog? stream))
        {
            return true;
        }

        try
        {
            return stream.ApplyAppended(record);
        }
        catch (SegmentDamageException damage)
        {
            throw new InvalidDataException(
                $"The stream '{Encoding.UTF8.GetString(stream.Name)}' cannot be gone on with: {damage.Message}.", damage);
        }
    }

    private bool DeadLettered(ReadOnlySpan<byte> payload)
    {
        if (!GroupDeadLetteredRecord.TryRead(payload, out GroupDeadLetteredRecord record, out ReadOnlySpan<byte> appended))
        {
            return false;
        }

        _groups.OnDeadLetter(record);
        return Appended(appended);
    }

    private bool Trimmed(ReadOnlySpan<byte> payload)
    {
        if (!StreamTrimmedRecord.TryRead(payload, out StreamTrimmedRecord record))
        {
            return false;
        }

        if (_streams.TryGetValue(record.Stream, out StreamLog? stream))
        {
            stream.ApplyTrimmed(record.First);
        }

        return true;
    }

    private bool Kept(Lsn position, ReadOnlySpan<byte> payload)
    {
        if (!StreamKeptRecord.TryRead(payload, out StreamKeptRecord record))
        {
            return false;
        }

        if (_streams.TryGetValue(record.Stream, out StreamLog? stream))
        {
            stream.ApplyKept(position, record);
        }

        return true;
    }

    private bool ProducerKept(ReadOnlySpan<byte> payload)
    {
        if (!StreamProducerKeptRecord.TryRead(payload, out StreamProducerKeptRecord record))
        {
            return false;
        }

        return !_streams.TryGetValue(record.Stream, out StreamLog? stream) || stream.ApplyProducer(record);
    }

    private bool NumbersKept(ReadOnlySpan<byte> payload)
    {
        var reader = new RecordReader(payload);
        uint last = reader.U32();
        if (reader.AtEnd)
        {
            _service.RaiseNumber(last);
        }

        return reader.AtEnd;
    }
}
