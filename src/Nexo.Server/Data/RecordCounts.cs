using Nexo.Storage;

namespace Nexo.Server.Data;

/// <summary>How many records of each kind there are in the last snapshot that went by.</summary>
internal sealed class RecordCounts : IRecordSink
{
    private readonly long[] _counts = new long[byte.MaxValue + 1];
    private Lsn _position;

    public void OnRecord(Lsn lsn, byte kind, ReadOnlySpan<byte> payload)
    {
        if (lsn != _position)
        {
            // The one before was damaged.
            Array.Clear(_counts);
            _position = lsn;
        }

        _counts[kind]++;
    }

    /// <summary>Records of those kinds for which <paramref name="isWanted"/> says so.</summary>
    public long Of(Func<byte, bool> isWanted)
    {
        long sum = 0;
        for (int kind = 0; kind < _counts.Length; kind++)
        {
            sum += isWanted((byte)kind) ? _counts[kind] : 0;
        }

        return sum;
    }
}
