using System.Numerics;
using System.Runtime.CompilerServices;

namespace Nexo.Engine.Memory;

/// <summary>
/// 64-bit hash of a key, after wyhash (Wang Yi, public domain): a few 64×64→128 multiplications. Its four constants
/// are random per store and secret, besides the seed: with the published ones a peer could send keys that collide
/// whatever the seed is.
/// </summary>
internal readonly unsafe struct KeyHash
{
    private readonly ulong _seed;
    private readonly ulong _a;
    private readonly ulong _b;
    private readonly ulong _c;
    private readonly ulong _d;

    private KeyHash(ulong seed, ulong a, ulong b, ulong c, ulong d)
    {
        _seed = seed;
        _a = a;
        _b = b;
        _c = c;
        _d = d;
    }

    public static KeyHash Random() => new(Multiplier(), Multiplier(), Multiplier(), Multiplier(), Multiplier());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Of(ReadOnlySpan<byte> key)
    {
        fixed (byte* bytes = key)
        {
            return Of(bytes, (uint)key.Length);
        }
    }

    public ulong Of(byte* key, uint length)
    {
        ulong seed = _seed ^ Mix(_seed ^ _a, _b);
        ulong first;
        ulong last;
        if (length <= 16)
        {
            if (length >= 4)
            {
                uint middle = (length >> 3) << 2;
                first = ((ulong)Read4(key) << 32) | Read4(key + middle);
                last = ((ulong)Read4(key + length - 4) << 32) | Read4(key + length - 4 - middle);
            }
            else
            {
                first = length > 0 ? ((ulong)key[0] << 16) | ((ulong)key[length >> 1] << 8) | key[length - 1] : 0;
                last = 0;
            }
        }
        else
        {
            seed = Fold(key, length, seed);
            first = Read8(key + length - 16);
            last = Read8(key + length - 8);
        }

        ulong high = Math.BigMul(first ^ _b, last ^ seed, out ulong low);
        return Mix(low ^ _a ^ length, high ^ _b);
    }

    private static ulong Multiplier()
    {
        ulong multiplier;
        do
        {
            multiplier = Secret.Next() | 1;
        }
        while (BitOperations.PopCount(multiplier) != 32);
        return multiplier;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mix(ulong a, ulong b)
    {
        ulong high = Math.BigMul(a, b, out ulong low);
        return high ^ low;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Read8(byte* at) => Unsafe.ReadUnaligned<ulong>(at);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Read4(byte* at) => Unsafe.ReadUnaligned<uint>(at);

    private ulong Fold(byte* key, uint length, ulong seed)
    {
        uint left = length;
        if (left > 48)
        {
            ulong second = seed;
            ulong third = seed;
            do
            {
                seed = Mix(Read8(key) ^ _b, Read8(key + 8) ^ seed);
                second = Mix(Read8(key + 16) ^ _c, Read8(key + 24) ^ second);
                third = Mix(Read8(key + 32) ^ _d, Read8(key + 40) ^ third);
                key += 48;
                left -= 48;
            }
            while (left > 48);
            seed ^= second ^ third;
        }

        while (left > 16)
        {
            seed = Mix(Read8(key) ^ _b, Read8(key + 8) ^ seed);
            key += 16;
            left -= 16;
        }

        return seed;
    }
}
