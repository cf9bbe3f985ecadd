using System.Collections.Immutable;
using Nexo.Protocol;

namespace Nexo.Crash.Ledger;

/// <summary>HASH SET of some fields: all of them or none.</summary>
internal sealed class HashSetOperation(string key, IReadOnlyList<KeyValuePair<string, byte[]>> fields)
    : KeyOperation(key)
{
    public override Opcode Opcode => Opcode.StoreHashSet;

    public override void WriteBody(FrameBuffer body)
    {
        body.WriteBlob(Bytes(Key));
        body.WriteUInt32((uint)fields.Count);
        foreach ((string field, byte[] value) in fields)
        {
            PairList.WriteItem(body, Bytes(field), value);
        }
    }

    protected override KeyState Apply(KeyState before) =>
        before.Changed(fields: Hashes.Of(before).SetItems(fields), deadline: before.Deadline);

    protected override string? Check(ReadOnlySpan<byte> body, Step step) =>
        NumberReply.TryRead(body, out NumberReply reply)
        ? Expect<long>(step.After.Fields!.Count - (step.Before.Fields?.Count ?? 0), reply.Value)
            ?? step.TakeVersion(reply.Version)
        : "unreadable";
}

/// <summary>HASH DELETE of some fields; a hash without fields is gone.</summary>
internal sealed class HashDeleteOperation(string key, IReadOnlyList<string> fields) : KeyOperation(key)
{
    public override Opcode Opcode => Opcode.StoreHashDelete;

    public override void WriteBody(FrameBuffer body)
    {
        body.WriteBlob(Bytes(Key));
        body.WriteUInt32((uint)fields.Count);
        foreach (string field in fields)
        {
            body.WriteBlob(Bytes(field));
        }
    }

    public override bool DidNothing(ReadOnlySpan<byte> body) =>
        CountReply.TryRead(body, out CountReply reply) && reply.Count == 0;

    protected override KeyState Apply(KeyState before)
    {
        ImmutableSortedDictionary<string, byte[]> left = Hashes.Of(before).RemoveRange(fields);
        return left.Count == (before.Fields?.Count ?? 0)
            ? before
            : before.Changed(fields: left, deadline: left.IsEmpty ? null : before.Deadline);
    }

    protected override string? Check(ReadOnlySpan<byte> body, Step step) =>
        CountReply.TryRead(body, out CountReply reply)
        ? Expect<long>((step.Before.Fields?.Count ?? 0) - (step.After.Fields?.Count ?? 0), reply.Count)
        : "unreadable";
}

/// <summary>HASH INCREMENT.</summary>
internal sealed class HashIncrementOperation(string key, string field, long delta) : KeyOperation(key)
{
    public override Opcode Opcode => Opcode.StoreHashIncrement;

    public override void WriteBody(FrameBuffer body) =>
        new HashIncrementRequest { Delta = delta, Key = Bytes(Key), Field = Bytes(field) }.Write(body);

    protected override KeyState Apply(KeyState before)
    {
        ImmutableSortedDictionary<string, byte[]> held = Hashes.Of(before);
        long sum = IncrementOperation.Number(held.GetValueOrDefault(field)) + delta;
        return before.Changed(fields: held.SetItem(field, Bytes($"{sum}")), deadline: before.Deadline);
    }

    protected override string? Check(ReadOnlySpan<byte> body, Step step) =>
        NumberReply.TryRead(body, out NumberReply reply)
        ? Expect(IncrementOperation.Number(step.After.Fields![field]), reply.Value) ?? step.TakeVersion(reply.Version)
        : "unreadable";
}

/// <summary>The fields of a state.</summary>
internal static class Hashes
{
    private static readonly ImmutableSortedDictionary<string, byte[]> Empty =
        ImmutableSortedDictionary.Create<string, byte[]>(StringComparer.Ordinal);

    public static ImmutableSortedDictionary<string, byte[]> Of(KeyState state) => state.Fields ?? Empty;
}
