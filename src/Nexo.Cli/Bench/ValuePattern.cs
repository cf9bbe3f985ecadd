using System.Buffers.Binary;

namespace Nexo.Cli.Bench;

/// <summary>
/// What the benchmark writes: eight bytes that depend on the key, then bytes that are the same for all. A request is
/// patched with one store, and a reply can still be checked against the key that it should be for.
/// </summary>
internal sealed class ValuePattern
{
    private const int StampBytes = sizeof(ulong);

    private readonly byte[] _bytes;

    public ValuePattern(int sizeBytes)
    {
        _bytes = new byte[sizeBytes];
        for (int i = 0; i < sizeBytes; i++)
        {
            _bytes[i] = (byte)('a' + (i % 26));
        }
    }

    public ReadOnlySpan<byte> Template => _bytes;

    public int SizeBytes => _bytes.Length;

    /// <summary>Makes the value at <paramref name="value"/> that of <paramref name="key"/>.</summary>
    public void Stamp(Span<byte> value, uint key)
    {
        if (_bytes.Length >= StampBytes)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(value, StampOf(key));
            return;
        }

        Span<byte> stamp = stackalloc byte[StampBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(stamp, StampOf(key));
        stamp[.._bytes.Length].CopyTo(value);
    }

    public bool Matches(ReadOnlySpan<byte> value, uint key)
    {
        if (value.Length != _bytes.Length)
        {
            return false;
        }

        Span<byte> stamp = stackalloc byte[StampBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(stamp, StampOf(key));
        int stamped = Math.Min(StampBytes, value.Length);
        return value[..stamped].SequenceEqual(stamp[..stamped]) && value[stamped..].SequenceEqual(_bytes.AsSpan(stamped));
    }

    private static ulong StampOf(uint key) => (key + 1UL) * 0x9E3779B97F4A7C15;
}
