using System.Buffers.Binary;
using System.Security.Cryptography;
using Nexo.Storage;

namespace Nexo.Server.Data;

/// <summary>
/// A digest of records that does not depend on their order: the sum of the first 128 bits of the SHA-256 of each, and how many there
/// are.
/// </summary>
/// <param name="leaveOut">Kinds that say nothing of what is kept.</param>
internal sealed class ContentDigest(IReadOnlySet<byte> leaveOut) : IRecordSink
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private UInt128 _sum;
    private long _records;

    public void OnRecord(Lsn lsn, byte kind, ReadOnlySpan<byte> payload)
    {
        if (leaveOut.Contains(kind))
        {
            return;
        }

        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        _hash.AppendData([kind]);
        _hash.AppendData(payload);
        _hash.GetHashAndReset(digest);
        _sum = unchecked(_sum + BinaryPrimitives.ReadUInt128LittleEndian(digest));
        _records++;
    }

    public override string ToString() => $"{_records}-{_sum:x32}";
}
