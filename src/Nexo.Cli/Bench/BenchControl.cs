using System.Net.Sockets;
using System.Runtime.InteropServices;
using Nexo.Cli.Terminal;
using Nexo.Protocol;

namespace Nexo.Cli.Bench;

/// <summary>
/// A connection that asks and waits: what is done before, between and after the phases. Opened when it is needed, so
/// that the server need not care for one that is silent for the length of a run.
/// </summary>
internal class BenchControl : IDisposable
{
    private const int RequestsAtOnce = 128;
    private const int InitialBytes = 64 * 1_024;

    private readonly BenchLink _link;
    private readonly TimeSpan _timeout;
    private readonly FrameBuffer _requests = new();
    private byte[] _received = new byte[InitialBytes];
    private int _from;
    private int _until;
    private uint _correlation = BenchConnector.GreetingCorrelation;

    public BenchControl(BenchConnector connector, TimeSpan timeout)
    {
        _timeout = timeout;
        _link = connector.Connect(out HelloReply server);
        Server = server;
    }

    /// <summary>What the server said to the greeting.</summary>
    public HelloReply Server { get; }

    /// <summary>What the server says of itself.</summary>
    public IReadOnlyDictionary<string, string> Info()
    {
        Dictionary<string, string> facts = [];
        Ask([[]], Opcode.Info, (_, _) => { }, body =>
        {
            if (InfoReply.TryRead(body, out IReadOnlyList<KeyValuePair<string, string>> read))
            {
                facts = read.ToDictionary();
            }
        });
        return facts;
    }

    public void Dispose()
    {
        _requests.Dispose();
        _link.Dispose();
    }

    /// <summary>What it means that the server does not know a request.</summary>
    protected virtual string Lack => "this server does not know it";

    protected delegate void AnswerReader(ReadOnlySpan<byte> body);

    // Many at once, so that ten thousand queues share the disk's syncs.
    protected void Ask(
        IReadOnlyList<byte[]> names, Opcode opcode, Action<FrameBuffer, byte[]> write, AnswerReader read)
    {
        foreach (byte[][] some in names.Chunk(RequestsAtOnce))
        {
            foreach (byte[] name in some)
            {
                _requests.Begin(opcode, FrameKind.Request, ++_correlation);
                write(_requests, name);
                _requests.End();
            }

            Send(_requests.Written.Span);
            _requests.Clear();
            for (int answers = 0; answers < some.Length;)
            {
                FrameHeader header = ReceiveFrame(out ReadOnlySpan<byte> body);
                answers += Understand(header, opcode, body) ? 1 : 0;
                if (header.Opcode == opcode)
                {
                    read(body);
                }
            }
        }
    }

    private bool Understand(FrameHeader header, Opcode asked, ReadOnlySpan<byte> body)
    {
        if (header.Opcode == Opcode.GoAway)
        {
            throw BenchFrames.GoingAway(body);
        }

        if (header.Kind != FrameKind.Error)
        {
            return header.Opcode == asked && header.Kind == FrameKind.Reply;
        }

        bool old = ErrorBody.TryRead(body, out ErrorBody error) && error.Code == ErrorCode.UnknownOpcode;
        throw new CliFailure(
            ExitCode.Refused,
            "refused",
            $"The server refused {asked}: {BenchFrames.MessageOf(body)}.",
            old ? $"{Lack}: see nexo info, nexo version" : null)
        { Retryable = error.Retryable };
    }

    private void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            Require(_link.Wait(_timeout, SelectMode.SelectWrite));
            int sent = _link.Send(bytes);
            Require(sent >= 0 || MayTryAgain());
            bytes = bytes[Math.Max(sent, 0)..];
        }
    }

    private FrameHeader ReceiveFrame(out ReadOnlySpan<byte> body)
    {
        FrameHeader header;
        while (FrameHeader.TryRead(_received.AsSpan(_from.._until), BenchFrames.BytesMaxOf(Server), out header)
            != FrameStatus.Complete)
        {
            MakeRoom(Math.Max(header.TotalSize, InitialBytes));
            Require(_link.Wait(_timeout, SelectMode.SelectRead));
            int count = _link.Receive(_received.AsSpan(_until));
            Require(count > 0 || (count < 0 && MayTryAgain()));
            _until += Math.Max(count, 0);
        }

        body = _received.AsSpan(_from + FrameHeader.Size, header.TotalSize - FrameHeader.Size);
        _from += header.TotalSize;
        return header;
    }

    private void MakeRoom(int frameBytes)
    {
        byte[] room = _received.Length >= 2 * frameBytes ? _received : new byte[2 * frameBytes];
        _received.AsSpan(_from.._until).CopyTo(room);
        _until -= _from;
        _from = 0;
        _received = room;
    }

    private static bool MayTryAgain() =>
        Marshal.GetLastPInvokeError() is NativeSockets.TryAgainError or NativeSockets.InterruptedError;

    private static void Require(bool went)
    {
        if (!went)
        {
            throw new CliFailure(
                ExitCode.CannotConnect, "connection_lost", "The server did not answer.", "the server's log may say why")
            { Retryable = true };
        }
    }
}
