namespace Nexo.Protocol;

/// <summary>
/// Records as a member of a group gets them: a push of GROUP JOIN, which costs <c>count</c> credits, and the answer to GROUP
/// PULL. Body: <c>[u64 epoch][u32 count][u8 bits][u8 0][u16 0]</c>, with bit 1 a lease for each record, <c>([u64 lease][u32
/// attempt])*</c>, then a <see cref="RecordRun"/>: so records stay one run of bytes. Checked whole on reading it.
/// </summary>
public ref struct GroupDelivery
{
    /// <summary>Bytes of a lease: 8 + 4.</summary>
    public const int LeaseSize = sizeof(ulong) + sizeof(uint);

    /// <summary>Bytes before the leases: 8 + 4 + 4.</summary>
    public const int StartSize = sizeof(ulong) + (2 * sizeof(uint));

    private const uint BitLeased = 1;

    private BodyReader _leases;

    public ulong Epoch { get; private set; }

    /// <summary>False: the group is ordered, and they are committed instead of settled.</summary>
    public bool IsLeased { get; private set; }

    public RecordRun Records;

    public static bool TryRead(ReadOnlySpan<byte> body, out GroupDelivery delivery)
    {
        var reader = new BodyReader(body);
        delivery = default;
        if (!reader.TryReadUInt64(out ulong epoch)
            || !reader.TryReadUInt32(out uint count)
            || !reader.TryReadUInt32(out uint bits)
            || bits > BitLeased)
        {
            return false;
        }

        ReadOnlySpan<byte> leases = default;
        ulong leaseBytes = bits == 0 ? 0 : (ulong)count * LeaseSize;
        if (leaseBytes > (ulong)reader.Rest.Length
            || !reader.TryReadBytes((uint)leaseBytes, out leases)
            || !RecordRun.TryRead(ref reader, count, out RecordRun records))
        {
            return false;
        }

        delivery.Epoch = epoch;
        delivery.IsLeased = bits != 0;
        delivery.Records = records;
        delivery._leases = new BodyReader(leases);
        return true;
    }

    /// <summary>Takes the lease of the next record; false at the end, or when they have none.</summary>
    public bool TryTakeLease(out ulong lease, out uint attempt)
    {
        attempt = 0;
        return _leases.TryReadUInt64(out lease) && _leases.TryReadUInt32(out attempt);
    }

    /// <summary>
    /// Writes what stands before the leases; <see cref="WriteLease"/> follows for each record if they have some, and then the
    /// run. Who does not know the count yet writes any, and has it filled in by <see cref="PatchCount"/>.
    /// </summary>
    public static void WriteStart(FrameBuffer buffer, ulong epoch, uint count, bool isLeased)
    {
        buffer.WriteUInt64(epoch);
        buffer.WriteUInt32(count);
        buffer.WriteUInt32(isLeased ? BitLeased : 0);
    }

    public static void WriteLease(FrameBuffer buffer, ulong lease, uint attempt)
    {
        buffer.WriteUInt64(lease);
        buffer.WriteUInt32(attempt);
    }

    /// <summary>Fills in the count, now that it is known.</summary>
    public static void PatchCount(FrameBuffer buffer, uint count) => buffer.PatchUInt32(sizeof(ulong), count);
}
