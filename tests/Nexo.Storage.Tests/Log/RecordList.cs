using Xunit;

namespace Nexo.Storage.Tests.Log;

/// <summary>Keeps the records that it is fed, and holds that their positions have no gap.</summary>
internal sealed class RecordList : IRecordSink
{
    public List<(byte Kind, byte[] Payload)> Records { get; } = [];

    public Lsn First { get; private set; }

    public int Count => Records.Count;

    public void OnRecord(Lsn lsn, byte kind, ReadOnlySpan<byte> payload)
    {
        if (Records.Count == 0)
        {
            First = lsn;
        }

        Assert.Equal(First.Value + (ulong)Records.Count, lsn.Value);
        Records.Add((kind, payload.ToArray()));
    }
}
