using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;
using Nexo.Engine.Store;
using Nexo.Protocol;
using Nexo.Server.Brokers;
using Nexo.Server.Connections;

namespace Nexo.Server.Resp;

/// <summary>
/// One client of Redis. What has come is read ahead, up to 64 commands, so that the store can fetch what their keys need; then
/// they are handled in order. Other parts of the class are its life, transactions and Pub/Sub.
/// </summary>
internal sealed partial class RespConnection : ClientConnection
{
    private const int CommandsAtOnce = StoreService.PrefetchMax;

    // With fewer there is too little to overlap.
    private const int PrefetchMin = 4;

    // Commands in a row on one key, in one hold of its lock: few do not repay it, and others wait meanwhile.
    private const int RunMin = 4;
    private const int RunMax = 16;

    private readonly RespReader _reader = new();
    private readonly ReadCommand[] _ahead = new ReadCommand[CommandsAtOnce];

    // The beginning of a command that is split over two reads.
    private readonly FrameBuffer _carried = new();

    public RespConnection(ConnectionContext transport, RespServer server)
        : base(transport, server.Clients, server.Broker)
    {
        Server = server;
        Writer = new RespWriter(Replies);
        Channels = new RespChannelSet(this, server.Channels);
        Shards = new RespChannelSet(this, server.ShardChannels);
        LogInUnasked();
        if (!_mustLogIn)
        {
            MarkReady();
        }
    }

    public override ClientProtocol Protocol => ClientProtocol.Resp;

    public RespServer Server { get; private set; }

    /// <summary>Where answers are written. Only for the thread that handles a command.</summary>
    public RespWriter Writer { get; }

    /// <summary>Answers with an error.</summary>
    public void Fail(ReadOnlySpan<byte> error)
    {
        CountError();
        Writer.Error(error);
    }

    /// <summary>Answers with an error.</summary>
    public void Fail(string error)
    {
        CountError();
        Writer.Error(error);
    }

    protected override void OnEntered(Broker broker)
    {
        Channels.End();
        Shards.End();
        Server = broker.Resp;
        Channels = new RespChannelSet(this, Server.Channels);
        Shards = new RespChannelSet(this, Server.ShardChannels);
    }

    protected override int PartialBytes => _carried.Count;

    [SkipLocalsInit]
    protected override int Feed(ReadOnlySpan<byte> bytes)
    {
        if (!_carried.IsEmpty)
        {
            return FeedCarried(bytes);
        }

        Span<ulong> hashes = stackalloc ulong[CommandsAtOnce];
        RespReadStatus status = ReadAhead(bytes, hashes, out int count, out int taken);
        if (!ExecuteAhead(bytes, count, out int end))
        {
            _reader.Clear();
            return end;
        }

        if (status == RespReadStatus.Broken && count == 0)
        {
            RefuseBroken(_reader.Error);
            return bytes.Length;
        }

        if (status != RespReadStatus.Incomplete)
        {
            // What is broken is looked at again: a login before it may have moved the bounds.
            _reader.Clear();
            return taken;
        }

        _reader.Forget();
        _carried.Write(bytes[taken..]);
        return bytes.Length;
    }

    protected override void DisposeParts()
    {
        _carried.Dispose();
        _scratch.Dispose();
    }

    /// <summary>Handles what was read ahead; false: the connection is not to be read on behind <paramref name="end"/>.</summary>
    private bool ExecuteAhead(ReadOnlySpan<byte> bytes, int count, out int end)
    {
        end = 0;
        int runEnd = 0;
        try
        {
            for (int i = 0; i < count; i++)
            {
                ReadCommand read = _ahead[i];
                if (i >= runEnd && read.KeyHash != 0)
                {
                    runEnd = BeginRun(i, count);
                }

                Execute(
                    read.Command,
                    _reader.Arguments(bytes.Slice(read.Start, read.Length), read.First, read.Count, read.IsInline));
                if (i == runEnd - 1)
                {
                    Server.Store.EndRun();
                }

                if (MustPause)
                {
                    end = read.Start + read.Length;
                    return false;
                }
            }

            return true;
        }
        finally
        {
            Server.Store.EndRun();
        }
    }

    /// <summary>Begins a run if the next commands are on one key; returns where it ends.</summary>
    private int BeginRun(int start, int count)
    {
        ulong hash = _ahead[start].KeyHash;
        int most = Math.Min(count, start + RunMax);
        int end = start + 1;
        while (end < most && _ahead[end].KeyHash == hash)
        {
            end++;
        }

        if (end - start < RunMin)
        {
            return start;
        }

        Server.Store.BeginRun(hash);
        return end;
    }

    private RespReadStatus ReadAhead(ReadOnlySpan<byte> bytes, Span<ulong> hashes, out int count, out int taken)
    {
        count = 0;
        taken = 0;
        int hashed = 0;
        RespReadStatus status = RespReadStatus.Complete;
        while (count < CommandsAtOnce && taken < bytes.Length)
        {
            ReadOnlySpan<byte> rest = bytes[taken..];
            status = _reader.Read(rest);
            if (status != RespReadStatus.Complete)
            {
                break;
            }

            RespArguments arguments = _reader.Arguments(rest);
            RespCommand? command = arguments.Count == 0 ? null : RespCommands.Find(arguments[0]);
            ulong hash = 0;
            if (command is { FirstKey: > 0 } && arguments.Count > command.FirstKey)
            {
                hash = Server.Store.HashOf(arguments[command.FirstKey]);
                hashes[hashed++] = hash;
                hash = command.IsOfOneKey ? hash : 0;
            }

            bool isInline = _reader.IsInline;
            _ahead[count++] = new ReadCommand(command, taken, _reader.Taken, _reader.First, arguments.Count, isInline, hash);
            taken += _reader.Taken;
            _reader.Next();
            if (isInline)
            {
                break;
            }
        }

        if (hashed >= PrefetchMin)
        {
            Server.Store.Prefetch(hashes[..hashed]);
        }

        return status;
    }

    /// <summary>Goes on with a command that is split: copies no more of it than it needs, and handles it alone.</summary>
    private int FeedCarried(ReadOnlySpan<byte> bytes)
    {
        int used = 0;
        while (used < bytes.Length)
        {
            int wanted = Math.Min(WantedOf(bytes[used..]), bytes.Length - used);
            if (_carried.Count + (long)wanted > CommandBytesMax)
            {
                RefuseBroken("Protocol error: too big request");
                return bytes.Length;
            }

            _carried.Write(bytes.Slice(used, wanted));
            used += wanted;
            ReadOnlySpan<byte> command = _carried.Written.Span;
            switch (_reader.Read(command))
            {
                case RespReadStatus.Complete:
                    RespArguments arguments = _reader.Arguments(command);
                    Execute(arguments.Count == 0 ? null : RespCommands.Find(arguments[0]), arguments);
                    _reader.Clear();
                    _carried.Dispose();
                    return used;
                case RespReadStatus.Broken:
                    RefuseBroken(_reader.Error);
                    return bytes.Length;
                default:
                    break;
            }
        }

        return used;
    }

    private int WantedOf(ReadOnlySpan<byte> more)
    {
        if (_carried.Written.Span[0] == (byte)'*')
        {
            return _reader.Needed;
        }

        int end = more.IndexOf((byte)'\n');
        return end < 0 ? more.Length : end + 1;
    }

    private void Execute(RespCommand? command, RespArguments arguments)
    {
        if (arguments.Count == 0)
        {
            return;
        }

        CountRequest();
        BeginCommand();
        int before = Replies.Count;
        if (command is null)
        {
            RefuseUnknown(arguments);
        }
        else if (!command.Takes(arguments.Count))
        {
            FailQueued();
            Fail($"ERR wrong number of arguments for '{command.Name}' command");
        }
        else if (MayRun(command))
        {
            if (!MayTouch(command, arguments))
            {
                FailQueued();
                return;
            }

            if (IsQueueing && !command.Has(RespFlags.NotQueued))
            {
                Queue(command, arguments);
            }
            else
            {
                Run(command, arguments);
            }
        }

        EndCommand(command, before);
    }

    private void Run(RespCommand command, RespArguments arguments)
    {
        LastCommand = command.Name;
        if (command.Has(RespFlags.Write))
        {
            NoteStoreWrite();
        }

        NoteBlocking(command, arguments);
        command.Handler(new RespRequest(this, command, arguments));
    }

    private bool MayRun(RespCommand command)
    {
        if (_mustLogIn && !command.Has(RespFlags.NoAuth))
        {
            Fail("NOAUTH Authentication required."u8);
            return false;
        }

        if (IsGoingAway)
        {
            Fail("ERR The server is shutting down."u8);
            return false;
        }

        if (IsSubscriber && !Writer.IsV3 && !command.Has(RespFlags.WhenSubscribed))
        {
            Fail($"ERR Can't execute '{command.Name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are "
                + "allowed in this context");
            return false;
        }

        if (IsQueueing && command.Has(RespFlags.NotInTransaction))
        {
            FailQueued();
            Fail("ERR Command not allowed inside a transaction"u8);
            return false;
        }

        return true;
    }

    private void RefuseUnknown(RespArguments arguments)
    {
        // A page of the web that a browser has got somewhere sends requests to any port: what is in them is nobody's command.
        if (RespNumbers.IsWord(arguments[0], "post"u8) || RespNumbers.IsWord(arguments[0], "host:"u8))
        {
            End(ErrorCode.Malformed, "What came looks like HTTP: it may be an attack by a page in a browser.");
            return;
        }

        FailUnknown(arguments);
    }

    private void FailUnknown(RespArguments arguments)
    {
        const int ShownMax = 128;
        FailQueued();
        var shown = new System.Text.StringBuilder();
        for (int i = 1; i < arguments.Count && shown.Length < ShownMax; i++)
        {
            shown.Append('\'').Append(Shown(arguments[i], ShownMax - shown.Length)).Append("' ");
        }

        Fail($"ERR unknown command '{Shown(arguments[0], ShownMax)}', with args beginning with: {shown}");
    }

    // As it is, but for what would end the line.
    private static string Shown(ReadOnlySpan<byte> text, int max) =>
        System.Text.Encoding.UTF8.GetString(text[..Math.Min(text.Length, max)]).Replace('\r', ' ').Replace('\n', ' ');

    /// <param name="KeyHash">Of a command on one key; 0: of another.</param>
    private readonly record struct ReadCommand(
        RespCommand? Command, int Start, int Length, int First, int Count, bool IsInline, ulong KeyHash);
}
