namespace Nexo.Storage;

/// <summary>Gives the records of commits to a sink, as far as they are wanted.</summary>
internal sealed class RecordFeed(Lsn from, Lsn to, IRecordSink sink)
{
    /// <summary>Records given so far.</summary>
    public long Records { get; private set; }

    /// <summary>False if the payload is not what its header says, although its checksum is right.</summary>
    public bool TryFeed(in CommitHeader header, ReadOnlySpan<byte> payload)
    {
        ulong lsn = header.FirstLsn.Value;
        ulong end = lsn + (ulong)header.Records;
        if (end <= from.Value)
        {
            return true;
        }

        for (; lsn < end; lsn++)
        {
            if (!LogRecord.TryTake(ref payload, out byte kind, out ReadOnlySpan<byte> record))
            {
                return false;
            }

            if (lsn >= from.Value && lsn <= to.Value)
            {
                sink.OnRecord(new Lsn(lsn), kind, record);
                Records++;
            }
        }

        return payload.IsEmpty;
    }
}
