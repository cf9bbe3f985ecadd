using System.Runtime.CompilerServices;

namespace Nexo.Cli.Bench;

/// <summary>SplitMix64 (Steele, Lea and Flood, 2014): one multiplication deep, seedable, good enough to choose keys.</summary>
internal struct FastRandom(ulong seed)
{
    private ulong _state = seed;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Next()
    {
        ulong z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>A number below <paramref name="bound"/>; the bias of the multiplication is below one in 2^32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Below(uint bound) => (uint)((Next() >> 32) * bound >> 32);

    /// <summary>A number in [0, 1).</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));
}
