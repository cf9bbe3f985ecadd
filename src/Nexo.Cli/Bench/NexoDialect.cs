using Nexo.Protocol;

namespace Nexo.Cli.Bench;

/// <summary>The store's part of the Nexo protocol.</summary>
internal sealed class NexoDialect : BenchDialect
{
    private const int CorrelationOffset = FrameHeader.Size - sizeof(uint);

    public override RequestTemplate Get(KeyNames names)
    {
        using var buffer = new FrameBuffer();
        buffer.Begin(Opcode.StoreGet, FrameKind.Request, 0);
        buffer.Write(names.Template);
        buffer.End();
        return new RequestTemplate(buffer.Written.ToArray(), FrameHeader.Size, 0, CorrelationOffset);
    }

    public override RequestTemplate Set(KeyNames names, ValuePattern value, long ttlMs, Durability durability)
    {
        using var buffer = new FrameBuffer();
        buffer.Begin(Opcode.StoreSet, FrameKind.Request, 0, durability.ToFlags());
        new SetRequest
        {
            Key = names.Template,
            Value = value.Template,
            Expiry = new StoreExpiry(ttlMs > 0 ? ExpiryKind.After : ExpiryKind.None, ttlMs),
        }.Write(buffer);
        buffer.End();
        byte[] frame = buffer.Written.ToArray();
        int valueOffset = frame.Length - value.SizeBytes;
        return new RequestTemplate(
            frame, valueOffset - names.SizeBytes, value.SizeBytes > 0 ? valueOffset : 0, CorrelationOffset);
    }

    public override IReplyReader CreateReader(ValuePattern value, bool verify, int replyBytesMax) =>
        new ReplyReader(value, verify, replyBytesMax);
}
