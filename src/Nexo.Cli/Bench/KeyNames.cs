using System.Text;

namespace Nexo.Cli.Bench;

/// <summary>
/// The names of the benchmark's keys: a prefix, then the key's number in decimal, padded with zeros to one length, so
/// that a request is patched in place. <c>key:000000000042</c> is also what redis-benchmark would call it.
/// </summary>
internal sealed class KeyNames
{
    private static readonly byte[] Pairs = TwoDigits();

    private readonly byte[] _zero;
    private readonly int _digits;

    public KeyNames(string prefix, int sizeBytes, int keys)
    {
        byte[] head = Encoding.UTF8.GetBytes(prefix);
        Keys = keys;
        _digits = DigitsOf(keys);
        _zero = new byte[sizeBytes];
        _zero.AsSpan().Fill((byte)'0');
        head.CopyTo(_zero, 0);
    }

    public int Keys { get; }

    public int SizeBytes => _zero.Length;

    /// <summary>The name of key 0: what <see cref="Patch"/> expects at its destination.</summary>
    public ReadOnlySpan<byte> Template => _zero;

    /// <summary>The shortest name that tells this many keys apart.</summary>
    public static int SizeBytesMin(string prefix, int keys) => Encoding.UTF8.GetByteCount(prefix) + DigitsOf(keys);

    /// <summary>Turns the name at <paramref name="name"/>, of any key, into that of key <paramref name="index"/>.</summary>
    public void Patch(Span<byte> name, uint index)
    {
        Span<byte> digits = name[(_zero.Length - _digits)..];
        int at = _digits;
        while (at >= 2)
        {
            at -= 2;
            uint rest = index / 100;
            Pairs.AsSpan((int)(index - (rest * 100)) * 2, 2).CopyTo(digits[at..]);
            index = rest;
        }

        if (at == 1)
        {
            digits[0] = (byte)('0' + index);
        }
    }

    private static int DigitsOf(int keys)
    {
        int digits = 1;
        for (int largest = keys - 1; largest >= 10; largest /= 10)
        {
            digits++;
        }

        return digits;
    }

    private static byte[] TwoDigits()
    {
        byte[] pairs = new byte[200];
        for (int i = 0; i < 100; i++)
        {
            pairs[i * 2] = (byte)('0' + (i / 10));
            pairs[(i * 2) + 1] = (byte)('0' + (i % 10));
        }

        return pairs;
    }
}
