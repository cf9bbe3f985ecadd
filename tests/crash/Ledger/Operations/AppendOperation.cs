using Nexo.Protocol;

namespace Nexo.Crash.Ledger;

/// <summary>APPEND.</summary>
internal sealed class AppendOperation(string key, byte[] suffix) : KeyOperation(key)
{
    public override Opcode Opcode => Opcode.StoreAppend;

    public override void WriteBody(FrameBuffer body) =>
        new KeyedRequest { Key = Bytes(Key), Operand = suffix }.Write(body);

    protected override KeyState Apply(KeyState before) =>
        before.Changed([.. before.Value ?? [], .. suffix], deadline: before.Deadline);

    protected override string? Check(ReadOnlySpan<byte> body, Step step) =>
        NumberReply.TryRead(body, out NumberReply reply)
        ? Expect<long>(step.After.Value!.Length, reply.Value) ?? step.TakeVersion(reply.Version)
        : "unreadable";
}
