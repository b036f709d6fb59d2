#! 	 /usr/bin/lua5.4   -W  
print(#arg, arg[0])
