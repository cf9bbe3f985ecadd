using System.Text;
using Nexo.Protocol;

namespace Nexo.Crash.Ledger;

/// <summary>A write: its request, what it does to the state of its keys, and what its answer must be.</summary>
internal abstract class Operation
{
    /// <summary>What its request asks for.</summary>
    public Durability Durability { get; init; }

    public uint Correlation { get; set; }

    /// <summary>When the server carried it out: after it was sent and before it was answered.</summary>
    public TimeWindow Time { get; set; }

    public abstract Opcode Opcode { get; }

    /// <summary>True when all its changes happen together or not at all.</summary>
    public virtual bool IsAtomic => true;

    /// <summary>The keys that it may change, of those that exist.</summary>
    public abstract IEnumerable<string> Keys(IEnumerable<string> existing);

    public abstract void WriteBody(FrameBuffer body);

    /// <summary>The state of a key after it; the very same object when it changes nothing.</summary>
    public abstract KeyState Apply(string key, KeyState before);

    /// <summary>
    /// Compares the answer with what the steps say, and takes the new versions from it. Null: as it must be.
    /// </summary>
    public abstract string? Check(ReadOnlySpan<byte> body, IReadOnlyList<Step> steps);

    /// <summary>An error within an answer that is none as a whole: of an item of several.</summary>
    public virtual ErrorCode ErrorWithin(ReadOnlySpan<byte> body) => ErrorCode.None;

    /// <summary>True when the answer says that nothing was changed, so that it acknowledges nothing.</summary>
    public virtual bool DidNothing(ReadOnlySpan<byte> body) => false;

    public override string ToString() => $"{Opcode} {Durability}";

    protected static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    protected static string? Expect<T>(T expected, T answered)
        where T : notnull =>
        expected.Equals(answered) ? null : $"answered {answered}, must be {expected}";
}
