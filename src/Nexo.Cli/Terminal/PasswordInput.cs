using System.Text;

namespace Nexo.Cli.Terminal;

/// <summary>One line of standard input; on a terminal it is asked for, and not shown as it is typed.</summary>
internal static class PasswordInput
{
    /// <summary>Null: there is none.</summary>
    public static string? Read(CliConsole console)
    {
        if (!console.InputIsTerminal)
        {
            using var lines = new StreamReader(console.Input, Encoding.UTF8, leaveOpen: true);
            return lines.ReadLine();
        }

        console.Error.Write("password: ");
        var typed = new StringBuilder();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
        {
            if (key.Key == ConsoleKey.Backspace)
            {
                typed.Length = Math.Max(0, typed.Length - 1);
            }
            else if (!char.IsControl(key.KeyChar))
            {
                typed.Append(key.KeyChar);
            }
        }

        console.Error.WriteLine();
        return typed.ToString();
    }
}
