namespace Nexo.Protocol.Tests;

/// <summary>GET and SET, decoded and encoded on either side, allocate nothing.</summary>
public sealed class HotPathTests
{
    private readonly byte[] _key = new byte[16];
    private readonly byte[] _value = new byte[64];

    [Fact]
    public void A_get_and_its_reply_allocate_nothing()
    {
        using var buffer = new FrameBuffer();

        AssertAllocatesNothing(() =>
        {
            buffer.Begin(Opcode.StoreGet, FrameKind.Request, 1);
            buffer.Write(_key);
            buffer.End();
            int replyAt = buffer.Count;
            buffer.Begin(Opcode.StoreGet, FrameKind.Reply, 1);
            buffer.WriteUInt64(0);
            buffer.Write(_value);
            buffer.PatchUInt64(0, 42);
            buffer.End();
            ReadOnlySpan<byte> frames = buffer.Written.Span;
            bool read = FrameHeader.TryRead(frames, int.MaxValue, out FrameHeader request) == FrameStatus.Complete
                && FrameHeader.TryRead(frames[replyAt..], int.MaxValue, out FrameHeader reply) == FrameStatus.Complete
                && request.Correlation == reply.Correlation
                && ValueReply.TryRead(frames[(replyAt + FrameHeader.Size)..], out ValueReply value)
                && value.Version == 42;
            buffer.Clear();
            return read;
        });
    }

    [Fact]
    public void A_set_and_its_reply_allocate_nothing()
    {
        using var buffer = new FrameBuffer();

        AssertAllocatesNothing(() =>
        {
            buffer.Begin(Opcode.StoreSet, FrameKind.Request, 1);
            new SetRequest
            {
                Key = _key,
                Value = _value,
                Condition = new StoreCondition { Kind = ConditionKind.IfVersion, Version = 41 },
                Expiry = new StoreExpiry(ExpiryKind.After, 1_000),
            }.Write(buffer);
            buffer.End();
            int replyAt = buffer.Count;
            buffer.Begin(Opcode.StoreSet, FrameKind.Reply, 1);
            SetReply.WriteFixed(buffer, stored: false, previousFound: false, version: 0);
            SetReply.PatchFixed(buffer, stored: true, previousFound: true, version: 42);
            buffer.End();
            ReadOnlySpan<byte> frames = buffer.Written.Span;
            bool read = SetRequest.TryRead(frames[FrameHeader.Size..replyAt], out SetRequest request)
                && request.Condition.Version == 41
                && SetReply.TryRead(frames[(replyAt + FrameHeader.Size)..], out SetReply reply)
                && reply.Version == 42;
            buffer.Clear();
            return read;
        });
    }

    private static void AssertAllocatesNothing(Func<bool> exchange)
    {
        for (int i = 0; i < 100; i++)
        {
            Assert.True(exchange());
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        bool ok = true;
        for (int i = 0; i < 1_000; i++)
        {
            ok &= exchange();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(ok);
    }
}
