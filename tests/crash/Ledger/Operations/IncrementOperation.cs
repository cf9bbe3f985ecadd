using System.Globalization;
using System.Text;
using Nexo.Protocol;

namespace Nexo.Crash.Ledger;

/// <summary>INCREMENT of a value.</summary>
internal sealed class IncrementOperation(string key, long delta) : KeyOperation(key)
{
    public override Opcode Opcode => Opcode.StoreIncrement;

    public override void WriteBody(FrameBuffer body) =>
        new IncrementRequest
        {
            Delta = delta,
            Expiry = new StoreExpiry(ExpiryKind.Keep, 0),
            Key = Bytes(Key),
        }.Write(body);

    public static long Number(byte[]? value) =>
        value is null ? 0 : long.Parse(Encoding.UTF8.GetString(value), CultureInfo.InvariantCulture);

    protected override KeyState Apply(KeyState before) =>
        before.Changed(Bytes($"{Number(before.Value) + delta}"), deadline: before.Deadline);

    protected override string? Check(ReadOnlySpan<byte> body, Step step) =>
        NumberReply.TryRead(body, out NumberReply reply)
        ? Expect(Number(step.After.Value), reply.Value) ?? step.TakeVersion(reply.Version)
        : "unreadable";
}
