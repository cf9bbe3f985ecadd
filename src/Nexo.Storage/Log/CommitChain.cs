namespace Nexo.Storage;

/// <summary>What the next commit must be to follow those that were read.</summary>
/// <param name="number">Its number.</param>
/// <param name="lsn">The position of its first record.</param>
internal struct CommitChain(ulong number, Lsn lsn)
{
    public ulong Number { get; private set; } = number;

    public Lsn Lsn { get; private set; } = lsn;

    /// <summary>That of the last commit; 0 before the first.</summary>
    public uint Epoch { get; private set; }

    /// <summary>
    /// False for what an earlier use of the file, or an earlier epoch that was cut here, has left behind.
    /// </summary>
    public readonly bool Accepts(in CommitHeader header)
    {
        bool isOpening = (header.Flags & CommitFlags.Opening) != 0;
        return header.Number == Number
            && header.FirstLsn == Lsn
            && (isOpening ? header.Epoch > Epoch : Epoch == 0 || header.Epoch == Epoch);
    }

    public void Advance(in CommitHeader header)
    {
        Number++;
        Lsn = new Lsn(Lsn.Value + (ulong)header.Records);
        Epoch = header.Epoch;
    }
}
