namespace Nexo.Protocol.Tests;

public sealed class HelloTests
{
    [Fact]
    public void Secrets_are_not_printed()
    {
        string printed = new HelloRequest { ClientName = "tour", User = "tom", Password = "p4ss", Token = "t0ken" }.ToString();

        Assert.Contains("tom", printed, StringComparison.Ordinal);
        Assert.DoesNotContain("p4ss", printed, StringComparison.Ordinal);
        Assert.DoesNotContain("t0ken", printed, StringComparison.Ordinal);
    }

    [Fact]
    public void Fields_that_came_later_are_passed_over_by_both_sides()
    {
        byte[] later = [0x77, 0x00, 0x02, 0x00, 0xAB, 0xCD, 0xFF, 0xFF, 0x00, 0x00];

        Assert.True(HelloRequest.TryRead([.. Vector.Named("hello-with-token").Body(), .. later], out HelloRequest? hello));
        Assert.Equal("s3cret", hello!.Token);
        Assert.True(HelloReply.TryRead([.. Vector.Named("hello-reply").Body(), .. later, .. later], out HelloReply? reply));
        Assert.Equal(120_000u, reply!.IdleTimeoutMs);
    }

    [Fact]
    public void What_a_server_does_not_say_is_zero()
    {
        Assert.True(HelloReply.TryRead(Vector.Named("hello-reply").Body().AsSpan(0, 18), out HelloReply? reply));

        Assert.Equal((0u, 0u, 0u, 0u, 0u, ""), (
            reply!.FrameBytesMax, reply.InFlightMax, reply.KeyBytesMax, reply.ValueBytesMax,
            reply.IdleTimeoutMs, reply.ServerVersion));
    }

    [Fact]
    public void A_text_that_its_length_cannot_say_is_not_written()
    {
        using var buffer = new FrameBuffer();

        Assert.Throws<OverflowException>(() => new HelloRequest { Token = new string('t', 65_536) }.WriteFrame(buffer, 1));
    }
}
