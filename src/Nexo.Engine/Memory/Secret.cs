using System.Runtime.InteropServices;

namespace Nexo.Engine.Memory;

/// <summary>Random numbers that a peer cannot guess, for seeds.</summary>
internal static class Secret
{
    /// <summary>64 bits from the system's secure generator.</summary>
    public static ulong Next()
    {
        // A new Guid is filled by the system's generator, as RandomNumberGenerator is, without loading OpenSSL for it: 3 MB
        // resident. Six of its bits are fixed; halves laid over each other leave none that is.
        var random = Guid.NewGuid();
        ReadOnlySpan<ulong> halves = MemoryMarshal.Cast<Guid, ulong>(new ReadOnlySpan<Guid>(in random));
        return halves[0] ^ halves[1];
    }
}
