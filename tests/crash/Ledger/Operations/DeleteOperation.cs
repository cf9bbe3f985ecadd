using Nexo.Protocol;

namespace Nexo.Crash.Ledger;

/// <summary>DELETE of one key.</summary>
internal sealed class DeleteOperation(string key) : KeyOperation(key)
{
    public override Opcode Opcode => Opcode.StoreDelete;

    public override void WriteBody(FrameBuffer body) => new DeleteRequest { Key = Bytes(Key) }.Write(body);

    public override bool DidNothing(ReadOnlySpan<byte> body) =>
        DeleteReply.TryRead(body, out DeleteReply reply) && reply.Outcome != DeleteOutcome.Deleted;

    protected override KeyState Apply(KeyState before) => before.Exists ? before.Changed() : before;

    protected override string? Check(ReadOnlySpan<byte> body, Step step)
    {
        if (!DeleteReply.TryRead(body, out DeleteReply reply))
        {
            return "unreadable";
        }

        // Whether its time came before the delete did, nobody can tell from here.
        return step.Before.MayBeExpired(Time.Until)
            ? null
            : Expect(step.Before.Exists, reply.Outcome == DeleteOutcome.Deleted);
    }
}
