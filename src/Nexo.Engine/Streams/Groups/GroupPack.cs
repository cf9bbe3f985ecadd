using System.Buffers;

namespace Nexo.Engine.Streams;

/// <summary>What a member gets as one delivery, while it is gathered.</summary>
internal sealed class GroupPack
{
    private readonly GroupPage _records = new();
    private StreamGroupLease[] _leases = new StreamGroupLease[16];

    /// <summary>Null: it is for the member's credits.</summary>
    public StreamGroupPull? Pull { get; private set; }

    public int Count { get; private set; }

    public int RecordsMax { get; private set; }

    private int BytesMax { get; set; }

    public void Begin(StreamGroupPull? pull, int recordsMax, int bytesMax)
    {
        Pull = pull;
        Count = 0;
        RecordsMax = recordsMax;
        BytesMax = bytesMax;
        _records.Clear();
    }

    /// <summary>A first one always fits.</summary>
    public bool Fits(int bytes) => Count == 0 || (Count < RecordsMax && bytes <= BytesMax - _records.Length);

    public void Add(ReadOnlySpan<byte> record, StreamGroupLease lease)
    {
        if (Count == _leases.Length)
        {
            Array.Resize(ref _leases, 2 * Count);
        }

        _leases[Count++] = lease;
        _records.Write(record);
    }

    public StreamGroupRecords Records(ulong epoch) => new()
    {
        Epoch = epoch,
        Count = Count,
        Leases = _leases.AsSpan(0, Count),
        Records = _records.Written,
    };

    public void Release() => _records.Release();
}
