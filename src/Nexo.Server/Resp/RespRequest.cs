using Nexo.Engine.Store;

namespace Nexo.Server.Resp;

/// <summary>One command on its way through its handler. Lives on the stack; its arguments die with the handler's return.</summary>
internal readonly ref struct RespRequest(RespConnection connection, RespCommand command, RespArguments arguments)
{
    public RespConnection Connection { get; } = connection;

    public RespCommand Command { get; } = command;

    /// <summary>The name first.</summary>
    public RespArguments Arguments { get; } = arguments;

    public int Count => Arguments.Count;

    public ReadOnlySpan<byte> this[int index] => Arguments[index];

    public StoreService Store => Connection.Server.Store;

    /// <summary>Where the answer goes.</summary>
    public RespWriter Reply => Connection.Writer;

    /// <summary>Answers with an error.</summary>
    public void Fail(ReadOnlySpan<byte> error) => Connection.Fail(error);

    /// <summary>Answers with an error.</summary>
    public void Fail(string error) => Connection.Fail(error);

    /// <summary>Answers with the error of a command of the store that was refused.</summary>
    public void Fail(StoreStatus status) => RespErrors.Fail(Connection, status, Command.Name);

    public void FailSyntax() => Connection.Fail(RespErrors.Syntax);

    public void FailNotAnInteger() => Connection.Fail(RespErrors.NotAnInteger);

    /// <summary>Answers as to a command with too few or too many words.</summary>
    public void FailArity() => Connection.Fail($"ERR wrong number of arguments for '{Command.Name}' command");

    /// <summary>Reads an argument as a number, or answers that it is none.</summary>
    public bool TryInteger(int index, out long value)
    {
        if (RespNumbers.TryInteger(this[index], out value))
        {
            return true;
        }

        FailNotAnInteger();
        return false;
    }

    /// <summary>Whether an argument is this word, in any case; the word is given in lower case.</summary>
    public bool Is(int index, ReadOnlySpan<byte> lower) => RespNumbers.IsWord(this[index], lower);
}
