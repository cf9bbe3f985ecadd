using System.Numerics;

namespace Nexo.Engine.Memory;

/// <summary>
/// Lease tokens that nobody can guess who has seen others: SipHash-2-4 (Aumasson and Bernstein 2012) of a counter under a secret key.
/// </summary>
internal struct LeaseTokens()
{
    private readonly ulong _key0 = Secret.Next();
    private readonly ulong _key1 = Secret.Next();
    private ulong _counter;

    /// <summary>The next one; never 0.</summary>
    public ulong Next()
    {
        ulong token;
        do
        {
            token = Hash(++_counter);
        }
        while (token == 0);
        return token;
    }

    private readonly ulong Hash(ulong word)
    {
        const ulong LengthBlock = 8UL << 56;
        ulong v0 = _key0 ^ 0x736F6D6570736575;
        ulong v1 = _key1 ^ 0x646F72616E646F6D;
        ulong v2 = _key0 ^ 0x6C7967656E657261;
        ulong v3 = _key1 ^ 0x7465646279746573 ^ word;
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        v0 ^= word;
        v3 ^= LengthBlock;
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        v0 ^= LengthBlock;
        v2 ^= 0xFF;
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        return v0 ^ v1 ^ v2 ^ v3;
    }

    private static void Round(ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        v0 += v1;
        v1 = BitOperations.RotateLeft(v1, 13) ^ v0;
        v0 = BitOperations.RotateLeft(v0, 32);
        v2 += v3;
        v3 = BitOperations.RotateLeft(v3, 16) ^ v2;
        v0 += v3;
        v3 = BitOperations.RotateLeft(v3, 21) ^ v0;
        v2 += v1;
        v1 = BitOperations.RotateLeft(v1, 17) ^ v2;
        v2 = BitOperations.RotateLeft(v2, 32);
    }
}
