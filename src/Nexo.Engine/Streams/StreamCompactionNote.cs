namespace Nexo.Engine.Streams;

/// <summary>
/// How far the compaction of a stream has come, as it is noted with its files:
/// <c>[i64 cleanTo][i64 tombstonesBefore][i64 markedTo][i64 markedAt][i64 tombstones][i64 gapsTo][i64 passedAt]</c>. Without it everything
/// is done once more.
/// </summary>
/// <param name="CleanTo">Before this offset every key has one record.</param>
/// <param name="TombstonesBefore">Tombstones before this offset may go.</param>
/// <param name="MarkedTo">Those before this one may go when the time of their retention is over.</param>
/// <param name="MarkedAtMs">It began then, Unix ms; 0: there is no mark.</param>
/// <param name="Tombstones">That the last pass has left.</param>
/// <param name="GapsTo">From this offset on none is missing but for what this log itself has written anew.</param>
/// <param name="PassedAtMs">When the last pass ended, Unix ms.</param>
internal readonly record struct StreamCompactionNote(
    long CleanTo, long TombstonesBefore, long MarkedTo, long MarkedAtMs, long Tombstones, long GapsTo, long PassedAtMs)
{
    public const int Size = 7 * sizeof(long);

    public static StreamCompactionNote Read(ReadOnlySpan<byte> note)
    {
        var reader = new RecordReader(note);
        var read = new StreamCompactionNote(
            reader.I64(), reader.I64(), reader.I64(), reader.I64(), reader.I64(), reader.I64(), reader.I64());
        return reader.AtEnd ? read : default;
    }

    public void Write(Span<byte> note)
    {
        var writer = new RecordWriter(note);
        writer.I64(CleanTo);
        writer.I64(TombstonesBefore);
        writer.I64(MarkedTo);
        writer.I64(MarkedAtMs);
        writer.I64(Tombstones);
        writer.I64(GapsTo);
        writer.I64(PassedAtMs);
    }
}
