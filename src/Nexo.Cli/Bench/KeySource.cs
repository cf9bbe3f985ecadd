namespace Nexo.Cli.Bench;

/// <summary>Says which key each request is for; a whole batch at once, so the call costs nothing per request.</summary>
internal abstract class KeySource
{
    public abstract void Fill(Span<uint> keys);
}

/// <summary>Every key equally often.</summary>
internal sealed class UniformKeys(int keys, ulong seed) : KeySource
{
    private FastRandom _random = new(seed);

    public override void Fill(Span<uint> batch)
    {
        for (int i = 0; i < batch.Length; i++)
        {
            batch[i] = _random.Below((uint)keys);
        }
    }
}

/// <summary>One key after the other: loads a range.</summary>
internal sealed class SequentialKeys(uint first) : KeySource
{
    private uint _next = first;

    public override void Fill(Span<uint> keys)
    {
        for (int i = 0; i < keys.Length; i++)
        {
            keys[i] = _next++;
        }
    }
}
