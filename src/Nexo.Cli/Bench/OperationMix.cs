namespace Nexo.Cli.Bench;

/// <summary>Which share of the requests reads.</summary>
internal readonly record struct OperationMix(double ReadShare)
{
    public bool OnlyReads => ReadShare >= 1;

    public bool OnlyWrites => ReadShare <= 0;

    /// <summary>Marks the reads of a plan with <see cref="BatchEncoder.ReadBit"/>.</summary>
    public void Mark(Span<uint> plan, ref FastRandom random)
    {
        if (OnlyWrites)
        {
            return;
        }

        uint threshold = OnlyReads ? uint.MaxValue : (uint)(ReadShare * uint.MaxValue);
        for (int i = 0; i < plan.Length; i++)
        {
            if (OnlyReads || (uint)(random.Next() >> 32) < threshold)
            {
                plan[i] |= BatchEncoder.ReadBit;
            }
        }
    }
}
