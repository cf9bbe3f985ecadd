using Nexo.Protocol;

namespace Nexo.Crash.Ledger;

/// <summary>MULTI SET: each pair by itself.</summary>
internal sealed class MultiSetOperation(IReadOnlyList<KeyValuePair<string, byte[]>> pairs) : Operation
{
    public override Opcode Opcode => Opcode.StoreMultiSet;

    public override bool IsAtomic => false;

    public override IEnumerable<string> Keys(IEnumerable<string> existing) => pairs.Select(pair => pair.Key);

    public override void WriteBody(FrameBuffer body)
    {
        MultiSetRequest.WriteStart(body, default, (uint)pairs.Count);
        foreach ((string key, byte[] value) in pairs)
        {
            PairList.WriteItem(body, Bytes(key), value);
        }
    }

    public override ErrorCode ErrorWithin(ReadOnlySpan<byte> body)
    {
        var reader = new BodyReader(body);
        ErrorCode first = ErrorCode.None;
        reader.TryReadUInt32(out _);
        while (first == ErrorCode.None && MultiSetRequest.TryReadReplyItem(ref reader, out ErrorCode error, out _))
        {
            first = error;
        }

        return first;
    }

    public override KeyState Apply(string key, KeyState before) =>
        before.Changed(pairs.Single(pair => pair.Key == key).Value);

    public override string? Check(ReadOnlySpan<byte> body, IReadOnlyList<Step> steps)
    {
        var reader = new BodyReader(body);
        if (!reader.TryReadUInt32(out uint count) || count != steps.Count)
        {
            return "unreadable";
        }

        string? wrong = null;
        foreach (Step step in steps)
        {
            if (!MultiSetRequest.TryReadReplyItem(ref reader, out ErrorCode error, out ulong version))
            {
                return "unreadable";
            }

            if (error == ErrorCode.StorageFull)
            {
                step.Refuse();
            }
            else
            {
                wrong ??= Expect(ErrorCode.None, error) ?? step.TakeVersion(version);
            }
        }

        return wrong;
    }
}

/// <summary>MULTI DELETE: each key by itself.</summary>
internal sealed class MultiDeleteOperation(IReadOnlyList<string> keys) : Operation
{
    public override Opcode Opcode => Opcode.StoreMultiDelete;

    public override bool IsAtomic => false;

    public override IEnumerable<string> Keys(IEnumerable<string> existing) => keys;

    public override void WriteBody(FrameBuffer body)
    {
        body.WriteUInt32((uint)keys.Count);
        foreach (string key in keys)
        {
            body.WriteBlob(Bytes(key));
        }
    }

    public override bool DidNothing(ReadOnlySpan<byte> body) =>
        CountReply.TryRead(body, out CountReply reply) && reply.Count == 0;

    public override KeyState Apply(string key, KeyState before) => before.Exists ? before.Changed() : before;

    public override string? Check(ReadOnlySpan<byte> body, IReadOnlyList<Step> steps) =>
        CountReply.TryRead(body, out CountReply reply)
            ? Expect<long>(steps.Count(step => step.Changes), reply.Count)
            : "unreadable";
}

/// <summary>CLEAR of a prefix; nothing else may be under way beside it.</summary>
internal sealed class ClearOperation(string prefix) : Operation
{
    public override Opcode Opcode => Opcode.StoreClear;

    public override bool IsAtomic => false;

    public override IEnumerable<string> Keys(IEnumerable<string> existing) =>
        existing.Where(key => key.StartsWith(prefix, StringComparison.Ordinal));

    public override void WriteBody(FrameBuffer body) => body.WriteUtf8(prefix);

    public override bool DidNothing(ReadOnlySpan<byte> body) =>
        CountReply.TryRead(body, out CountReply reply) && reply.Count == 0;

    public override KeyState Apply(string key, KeyState before) => before.Exists ? before.Changed() : before;

    public override string? Check(ReadOnlySpan<byte> body, IReadOnlyList<Step> steps) =>
        CountReply.TryRead(body, out CountReply reply)
            ? Expect<long>(steps.Count(step => step.Changes), reply.Count)
            : "unreadable";
}
