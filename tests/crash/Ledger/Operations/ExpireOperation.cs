using Nexo.Protocol;

namespace Nexo.Crash.Ledger;

/// <summary>EXPIRE, and PERSIST when the time is 0. Only for keys whose time cannot come meanwhile.</summary>
internal sealed class ExpireOperation(string key, long ttlMs) : KeyOperation(key)
{
    public override Opcode Opcode => Opcode.StoreExpire;

    public override void WriteBody(FrameBuffer body) => new ExpiryRequest
    {
        Key = Bytes(Key),
        Expiry = ttlMs > 0 ? new StoreExpiry(ExpiryKind.After, ttlMs) : default,
    }.Write(body);

    // To take away an expiry that is not there is answered like one that was, and there is nothing to log.
    public override bool DidNothing(ReadOnlySpan<byte> body) =>
        ttlMs == 0 || (CountReply.TryRead(body, out CountReply reply) && reply.Count == 0);

    protected override KeyState Apply(KeyState before) => before.Exists && (ttlMs > 0 || before.Deadline is not null)
        ? before with { Deadline = ttlMs > 0 ? Time.Plus(ttlMs) : null }
        : before;

    protected override string? Check(ReadOnlySpan<byte> body, Step step) =>
        CountReply.TryRead(body, out CountReply reply)
        ? Expect(step.Before.Exists, reply.Count == 1)
        : "unreadable";
}
